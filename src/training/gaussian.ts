/** Normally distributed numbers, for initial values. */

/** Numbers of mean 0 and deviation 1 (Box and Muller, 1958) from uniform ones in [0, 1). */
export function gaussian(random: () => number): () => number {
  return () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    return radius * Math.cos(2 * Math.PI * random());
  };
}
