/** Signed distances to plane figures around the origin: negative inside, in the unit of the coordinates. */

/** A box of half sides (halfWidth, halfHeight) with corners of the given radius. */
export function boxDistance(x: number, y: number, halfWidth: number, halfHeight: number, radius: number): number {
  const dx = Math.abs(x) - halfWidth + radius;
  const dy = Math.abs(y) - halfHeight + radius;
  const outside = Math.hypot(Math.max(dx, 0), Math.max(dy, 0));
  return outside + Math.min(Math.max(dx, dy), 0) - radius;
}

/** A regular polygon with `sides` sides whose inscribed circle has the given radius (exact at the sides). */
export function polygonDistance(x: number, y: number, sides: number, inradius: number): number {
  const sector = (2 * Math.PI) / sides;
  const angle = Math.atan2(y, x);
  const folded = angle - sector * Math.round(angle / sector);
  return Math.hypot(x, y) * Math.cos(folded) - inradius;
}

/** A star with `points` tips between an inner and an outer radius (approximate away from the outline). */
export function starDistance(x: number, y: number, points: number, inner: number, outer: number): number {
  const half = Math.PI / points;
  const angle = Math.atan2(y, x);
  const folded = Math.abs(angle - 2 * half * Math.round(angle / (2 * half))) / half;
  return (Math.hypot(x, y) - (outer + (inner - outer) * folded)) * 0.7;
}

/** Distance to the segment from (ax, ay) to (bx, by); never negative. */
export function segmentDistance(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const dx = bx - ax;
  const dy = by - ay;
  const along = ((x - ax) * dx + (y - ay) * dy) / Math.max(dx * dx + dy * dy, 1e-12);
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}
