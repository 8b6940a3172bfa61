/** Files out of a drop or a chooser, with their paths below what was dropped or chosen. */
import { belowTop, type Item } from "./checks";

const MOST = 2000;

/** Files of an `<input type="file">`, for a folder with their paths in it. */
export function chosen(list: FileList | null): Item[] {
  const files = Array.from(list ?? []).slice(0, MOST);
  return belowTop(
    files.map((file) => ({ path: file.webkitRelativePath || file.name, size: file.size, file })),
  );
}

/** Files and whole folders that were dropped. */
export async function dropped(data: DataTransfer): Promise<Item[]> {
  // The list empties itself when the event is over, so every entry is taken before the first wait.
  const entries = Array.from(data.items).map((item) => item.webkitGetAsEntry());
  const found: Item[] = [];
  for (const entry of entries) if (entry) await walk(entry, found);
  return belowTop(found);
}

async function walk(entry: FileSystemEntry, found: Item[]): Promise<void> {
  if (found.length >= MOST) return;
  if (isFile(entry)) {
    const file = await new Promise<File>((done, fail) => entry.file(done, fail));
    found.push({ path: entry.fullPath.replace(/^\//, ""), size: file.size, file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A browser hands out a folder a hundred entries at a time.
    const some = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (some.length === 0) return;
    for (const each of some) await walk(each, found);
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}
