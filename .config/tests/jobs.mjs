/** A process of its own costs about half a second, so a job is to last some times that; the last of them is to end with the others. */
const longestSeconds = 20;

/**
 * What is run in one process each: the files of one package, in as many jobs as keep each of them short, so that the processors
 * have work to the end. The longest come first.
 */
export function jobsOf(suites, times) {
  const jobs = suites.flatMap((suite) => jobsOfSuite(suite, times));
  return jobs.toSorted((a, b) => b.seconds - a.seconds);
}

function jobsOfSuite({ name, files }, times) {
  const ordered = files.map((file) => ({ file, seconds: times.of(file) })).toSorted((a, b) => b.seconds - a.seconds);
  const total = ordered.reduce((sum, { seconds }) => sum + seconds, 0);
  const jobs = Array.from({ length: Math.max(1, Math.ceil(total / longestSeconds)) }, () => ({
    name,
    files: [],
    seconds: 0,
  }));
  for (const { file, seconds } of ordered) {
    const emptiest = jobs.reduce((least, job) => (job.seconds < least.seconds ? job : least));
    emptiest.files.push(file);
    emptiest.seconds += seconds;
  }
  return jobs.filter((job) => job.files.length > 0);
}
