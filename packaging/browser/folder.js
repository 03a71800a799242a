/**
 * The files of a folder that the user chose or dropped.
 *
 * @typedef {import("./release.js").Release} Release
 * @typedef {import("./release.js").Source} Source
 */

/** The most files that are listed, as in the program. */
const MAX_FILES = 1_000_000;

/**
 * Lists the files of a chosen folder.
 *
 * @param {FileList} files
 * @returns {Release}
 */
export function ofInput(files) {
  const name = files[0]?.webkitRelativePath.split("/")[0] ?? "";
  const sources = Array.from(files, (file) => ({
    path: file.webkitRelativePath.slice(name.length + 1),
    size: file.size,
    blob: file,
  }));
  return { name, sources, onDisk: true };
}

/**
 * Lists the files of what was dropped: one folder, or the files of a release themselves.
 *
 * @param {DataTransfer} data
 * @returns {Promise<Release>}
 */
export async function ofDrop(data) {
  // The list of items is empty after the first wait.
  const entries = Array.from(data.items, (item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) {
    throw new Error("nothing that was dropped is a file or a folder");
  }
  /** @type {Source[]} */
  const sources = [];
  const [first] = entries;
  if (entries.length === 1 && first.isDirectory) {
    await addAll(/** @type {FileSystemDirectoryEntry} */ (first), "", sources);
    return { name: first.name, sources, onDisk: true };
  }
  for (const entry of entries) {
    await add(entry, "", sources);
  }
  return { name: entries.map((entry) => entry.name).join(", "), sources, onDisk: true };
}

/**
 * @param {FileSystemEntry} entry
 * @param {string} above Empty, or ends with a slash.
 * @param {Source[]} sources
 */
async function add(entry, above, sources) {
  const path = above + entry.name;
  if (entry.isDirectory) {
    await addAll(/** @type {FileSystemDirectoryEntry} */ (entry), `${path}/`, sources);
    return;
  }
  const file = await /** @type {Promise<File>} */ (
    new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject))
  );
  if (sources.length >= MAX_FILES) {
    throw new Error(`the folder has more than ${MAX_FILES} files`);
  }
  sources.push({ path, size: file.size, blob: file });
}

/**
 * @param {FileSystemDirectoryEntry} directory
 * @param {string} above
 * @param {Source[]} sources
 */
async function addAll(directory, above, sources) {
  // Git's own data is not part of a release, and may be many files.
  if (above === ".git/") return;
  const reader = directory.createReader();
  for (;;) {
    const entries = await /** @type {Promise<FileSystemEntry[]>} */ (
      new Promise((resolve, reject) => reader.readEntries(resolve, reject))
    );
    if (entries.length === 0) return;
    for (const entry of entries) {
      await add(entry, above, sources);
    }
  }
}
