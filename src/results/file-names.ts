/** Names for the files made of a picture: readable, safe on every file system, and never the same twice. */

const LONGEST_NAME = 60;

/** Gives every picture a file name of its own. */
export class FileNames {
  readonly #taken = new Set<string>();

  /**
   * @param root The folder that the names are told from: `<root>/crack/000.png` becomes `crack-000`.
   * @param taken Names already in use, without extension.
   */
  constructor(
    readonly root: string,
    taken: Iterable<string> = [],
  ) {
    for (const name of taken) this.#taken.add(fold(name));
  }

  /** A name without extension for the picture at `image` (a path with forward slashes); a new one at every call. */
  take(image: string): string {
    const wanted = safeName(this.#inner(image));
    let name = wanted;
    for (let count = 2; this.#taken.has(fold(name)); count++) name = `${wanted}-${count}`;
    this.#taken.add(fold(name));
    return name;
  }

  #inner(image: string): string {
    const root = this.root === "" || this.root.endsWith("/") ? this.root : `${this.root}/`;
    return image.startsWith(root) ? image.slice(root.length) : image;
  }
}

/** The deepest folder that holds all of the paths (with forward slashes), or "" where there is none. */
export function commonFolder(images: readonly string[]): string {
  let common: string[] | null = null;
  for (const image of images) {
    const folders = image.split("/").slice(0, -1);
    if (common === null) common = folders;
    const apart = common.findIndex((folder, index) => folder !== folders[index]);
    if (apart >= 0) common = common.slice(0, apart);
  }
  return (common ?? []).join("/");
}

// --- internal ---

// macOS and Windows take `A.png` and `a.png`, or an accent written in two ways, for the same file.
function fold(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

function safeName(path: string): string {
  const plain = path
    .replace(/\.[^./]*$/, "")
    .normalize("NFC")
    .replace(/[^\p{L}\p{N}._]+/gu, "-")
    .replace(/^[-.]+|[-.]+$/g, "");
  // The end of a long path says more than its beginning.
  const short = [...plain]
    .slice(-LONGEST_NAME)
    .join("")
    .replace(/^[-.]+/, "");
  if (short === "") return "image";
  return /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(short) ? `_${short}` : short;
}
