/** The command line as a whole: its commands, and what every error looks like. */

import { Command, CommanderError } from "commander";
import { AnomalyClipError, messageOf } from "../errors.ts";
import { printable } from "../printable.ts";
import { VERSION } from "../version.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Runs a command line and leaves the exit code in `terminal`; never throws.
 *
 * @param argv The arguments after the program's name.
 * @param commands The commands that the program knows.
 */
export async function runProgram(
  argv: readonly string[],
  terminal: Terminal,
  commands: readonly Command[],
): Promise<void> {
  const program = buildProgram(terminal, commands);
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    const debug = program.opts<{ debug?: boolean }>().debug === true;
    terminal.exitCode = report(error, debug, terminal);
  }
}

// --- internal ---

function buildProgram(terminal: Terminal, commands: readonly Command[]): Command {
  const program = new Command("anomalyclip")
    .description("Zero-shot anomaly detection: find defects in pictures of things never seen before.")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .option("--debug", "print stack traces with errors")
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      // Printed by `report`, in the form of all other errors.
      outputError: () => {},
    })
    .exitOverride();
  for (const command of commands) {
    inheritSettings(command, program);
    program.addCommand(command);
  }
  return program;
}

function inheritSettings(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inheritSettings(child, command);
}

/** Prints an error and returns the exit code for it. */
function report(error: unknown, debug: boolean, terminal: Terminal): number {
  if (error instanceof CommanderError) return reportUsage(error, terminal);
  const hint = error instanceof AnomalyClipError || debug ? "" : " (unexpected; --debug prints where)";
  terminal.stderr.write(`anomalyclip: ${printable(messageOf(error))}${hint}\n`);
  if (debug && error instanceof Error) terminal.stderr.write(`${stackOf(error)}\n`);
  return 2;
}

function reportUsage(error: CommanderError, terminal: Terminal): number {
  if (error.exitCode === 0) return 0;
  // Without a command, commander has printed the help already.
  if (error.code !== "commander.help") {
    terminal.stderr.write(`anomalyclip: ${printable(messageOf(error)).replace(/^error: /, "")}\n`);
  }
  return 2;
}

function stackOf(error: Error): string {
  const stack = error.stack ?? String(error);
  return error.cause instanceof Error ? `${stack}\ncaused by ${stackOf(error.cause)}` : stack;
}
