/** What a process has used so far. */
export interface Used {
  /** Of all its threads, in milliseconds. */
  readonly processorMs: number;
  /** In megabytes, after a garbage collection. */
  readonly heapMb: number;
}

/** What precedes the figures in the output of a measured process. */
export const USED = 'used so far: ';
