/** How much of a picture is seen, and where: shared by pictures that move in step. */

export interface View {
  /** 1 shows the whole picture. */
  scale: number;
  /** Shift of the picture's left edge, in widths of the frame; 0 or less. */
  x: number;
  /** Shift of the picture's top edge, in heights of the frame; 0 or less. */
  y: number;
}

export const WHOLE: View = { scale: 1, x: 0, y: 0 };
const MOST = 40;

/** Zooms by a factor, so that what is under a point (0..1 of the frame) stays under it. */
export function zoomAt({ scale, x, y }: View, factor: number, atX = 0.5, atY = 0.5): View {
  const zoomed = Math.min(Math.max(scale * factor, 1), MOST);
  const ratio = zoomed / scale;
  return inside({ scale: zoomed, x: atX - (atX - x) * ratio, y: atY - (atY - y) * ratio });
}

/** Moves by shares of the frame. */
export function panBy({ scale, x, y }: View, dx: number, dy: number): View {
  return inside({ scale, x: x + dx, y: y + dy });
}

/** The picture always fills the frame. */
function inside({ scale, x, y }: View): View {
  const clamp = (shift: number) => Math.min(0, Math.max(1 - scale, shift));
  return { scale, x: clamp(x), y: clamp(y) };
}
