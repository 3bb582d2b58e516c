/**
 * CPU time of this thread so far. Unlike time by the clock, it does not grow while others use the
 * machine.
 */
export function cpuMilliseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
