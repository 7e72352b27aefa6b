/** Files out of what was dropped or pasted: folders are walked through. */

const PICTURE = /\.(jpe?g|jpe|jfif|png|webp|bmp|tiff?|gif)$/i;

/** Whether a file of a folder is taken for a picture; a file that is given by itself is sent whatever it is called. */
export function isPicture({ name, type }: File): boolean {
  return type.startsWith("image/") || PICTURE.test(name);
}

export async function droppedFiles(data: DataTransfer): Promise<File[]> {
  // Entries are gone once the event is over: all are taken before the first wait.
  const given = [...data.items].filter(({ kind }) => kind === "file");
  const found = given.map((item) => ({ entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile() }));
  const files: File[] = [];
  for (const { entry, file } of found) {
    if (entry?.isDirectory) files.push(...(await filesOf(entry as FileSystemDirectoryEntry)).filter(isPicture));
    else if (file) files.push(file);
  }
  return files;
}

async function filesOf(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const reader = folder.createReader();
  const files: File[] = [];
  for (;;) {
    // A reader gives a part at a time, and nothing at the end.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return files.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
    for (const entry of entries) {
      if (entry.isDirectory) files.push(...(await filesOf(entry as FileSystemDirectoryEntry)));
      else {
        files.push(await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)));
      }
    }
  }
}
