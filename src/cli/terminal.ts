/** Where the command line speaks to; a process in life, memory in tests. */

/** A stream of text, such as `process.stdout`. */
export interface TextStream extends NodeJS.WritableStream {
  isTTY?: boolean;
}

/** Results go to `stdout`, everything said about them to `stderr`. */
export interface Terminal {
  stdout: TextStream;
  stderr: TextStream;
  /** What the process will exit with: 0 all well, 1 some inputs failed, 2 wrong usage or configuration, 130 and 143 stopped. */
  exitCode: number;
}
