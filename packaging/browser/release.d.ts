/** A file of a release. Its bytes are chosen by the user (`blob`), or on the Hub (`url`). */
export interface Source {
  path: string;
  size: number;
  blob?: Blob;
  url?: string;
}

export interface Release {
  name: string;
  sources: Source[];
  /** Whether the files are on a disk, where a program would load a Git LFS pointer instead of its content. */
  onDisk: boolean;
}
