/** A picture with its anomaly map over it, zoomed and moved in step with the picture alone. */

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { COLORMAPS, type ColormapName } from "../image/colormap.ts";
import type { Result } from "../server/api.ts";
import { call, resultFile } from "./api-client.ts";
import { scoreText, t } from "./i18n.ts";
import { type AnomalyMap, colourMap, readMap } from "./map.ts";
import { complain } from "./notices.tsx";
import { boxes, colormap, opacity, sideBySide } from "./preferences.ts";
import { panBy, type View, WHOLE, zoomAt } from "./zoom.ts";

/** A kept result: its picture and map are with the service. */
export type ShownResult = Result & { id: string };

interface PictureProps {
  result: ShownResult;
  /** Shared by pictures that move in step. */
  view: Signal<View>;
}

/** The picture beside its heat map, or the heat map alone, with their tools. */
export function PictureViewer({ result }: { result: ShownResult }) {
  const view = useSignal(WHOLE);
  const shownId = useRef(result.id);
  if (shownId.current !== result.id) {
    shownId.current = result.id;
    view.value = WHOLE;
  }
  return (
    <div class="viewer">
      <ViewerTools view={view} pair />
      <div class={sideBySide.value ? "panes" : ""}>
        {sideBySide.value ? <PictureFrame result={result} view={view} heat={false} /> : null}
        <PictureFrame result={result} view={view} heat />
      </div>
      <p class="soft hint">{t("viewerKeys")}</p>
    </div>
  );
}

/** What changes how pictures are seen. @param pair whether the picture alone can stand beside */
export function ViewerTools({ view, pair }: { view: Signal<View>; pair: boolean }) {
  return (
    <div class="row tools">
      <span class="group">
        <button type="button" aria-label={t("zoomOut")} title={t("zoomOut")} onClick={() => zoom(view, 1 / 1.5)}>
          −
        </button>
        <button type="button" aria-label={t("zoomIn")} title={t("zoomIn")} onClick={() => zoom(view, 1.5)}>
          +
        </button>
        <button
          type="button"
          onClick={() => {
            view.value = WHOLE;
          }}
        >
          {t("whole")}
        </button>
      </span>
      <label class="inline">
        {t("opacity")}
        <input
          type="range"
          min="0"
          max="1"
          step="0.05"
          value={opacity.value}
          data-testid="opacity"
          onInput={(event) => {
            opacity.value = event.currentTarget.valueAsNumber;
          }}
        />
      </label>
      <label class="inline">
        {t("colormap")}
        <select
          value={colormap.value}
          data-testid="colormap"
          onChange={(event) => {
            colormap.value = event.currentTarget.value as ColormapName;
          }}
        >
          {COLORMAPS.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <Toggle value={boxes} label={t("boxes")} />
      {pair ? <Toggle value={sideBySide} label={t("sideBySide")} /> : null}
    </div>
  );
}

function Toggle({ value, label }: { value: Signal<boolean>; label: string }) {
  return (
    <label class="inline">
      <input
        type="checkbox"
        checked={value.value}
        onChange={(event) => {
          value.value = event.currentTarget.checked;
        }}
      />
      {label}
    </label>
  );
}

/** One picture in a frame of its shape. @param heat whether its map and regions are drawn over it */
export function PictureFrame({ result, view, heat }: PictureProps & { heat: boolean }) {
  const frame = useRef<HTMLElement>(null);
  useGestures(frame, view);
  const { id, width, height, image } = result;
  const { scale, x, y } = view.value;
  return (
    <figure class="pane" style={{ maxWidth: `min(100%, calc(66vh * ${width / height}))` }}>
      <figcaption class="soft">{t(heat ? "heat" : "original")}</figcaption>
      <section
        ref={frame}
        class="frame"
        aria-label={`${t(heat ? "heat" : "original")}: ${image}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the keys zoom and move it
        tabIndex={0}
        style={{ aspectRatio: `${width} / ${height}`, touchAction: scale === 1 ? "pan-y" : "none" }}
        onKeyDown={(event) => moveByKey(event, view)}
      >
        <div class="layers" style={{ transform: `translate(${100 * x}%, ${100 * y}%) scale(${scale})` }}>
          <img src={resultFile(id, "picture")} alt={image} draggable={false} />
          {heat ? <HeatMap result={result} /> : null}
        </div>
        {heat && boxes.value ? <Regions result={result} view={view.value} /> : null}
      </section>
    </figure>
  );
}

/** Regions stay thin and their peaks legible, however far it is zoomed. */
function Regions({ result: { regions, width, height }, view: { scale, x, y } }: { result: Result; view: View }) {
  return regions.map((region) => (
    <div
      key={`${region.x},${region.y}`}
      class="region"
      style={{
        left: `${100 * (x + (scale * region.x) / width)}%`,
        top: `${100 * (y + (scale * region.y) / height)}%`,
        width: `${(100 * scale * region.width) / width}%`,
        height: `${(100 * scale * region.height) / height}%`,
      }}
    >
      <span>{scoreText(region.peak)}</span>
    </div>
  ));
}

function HeatMap({ result: { id, layers } }: { result: ShownResult }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const map = useSignal<{ id: string; map: AnomalyMap } | null>(null);
  useEffect(() => {
    const gone = new AbortController();
    call(resultFile(id, "map.npy"), { signal: gone.signal })
      .then((response) => response.arrayBuffer())
      .then((bytes) => {
        map.value = { id, map: readMap(bytes) };
      })
      .catch(complain);
    return () => gone.abort();
  }, [id, map]);
  const loaded = map.value?.id === id ? map.value.map : null;
  const [name, strength] = [colormap.value, opacity.value];
  useEffect(() => {
    if (loaded === null) return;
    const { rows, columns } = loaded;
    Object.assign(canvas.current!, { width: columns, height: rows });
    const pixels = colourMap(loaded, layers, name, strength);
    canvas.current!.getContext("2d")!.putImageData(new ImageData(pixels, columns, rows), 0, 0);
  }, [loaded, layers, name, strength]);
  return <canvas ref={canvas} data-testid="heat" data-loaded={loaded === null ? "false" : "true"} />;
}

function zoom(view: Signal<View>, factor: number, atX?: number, atY?: number): void {
  view.value = zoomAt(view.value, factor, atX, atY);
}

const STEP = 0.1;

function moveByKey(event: KeyboardEvent, view: Signal<View>): void {
  const moves: Record<string, () => View> = {
    "+": () => zoomAt(view.value, 1.25),
    "=": () => zoomAt(view.value, 1.25),
    "-": () => zoomAt(view.value, 1 / 1.25),
    "0": () => WHOLE,
    ArrowLeft: () => panBy(view.value, STEP, 0),
    ArrowRight: () => panBy(view.value, -STEP, 0),
    ArrowUp: () => panBy(view.value, 0, STEP),
    ArrowDown: () => panBy(view.value, 0, -STEP),
  };
  const move = moves[event.key];
  if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  view.value = move();
}

/** Wheel, drag and pinch. */
function useGestures(frame: { current: HTMLElement | null }, view: Signal<View>): void {
  useEffect(() => {
    const element = frame.current!;
    const pointers = new Map<number, { x: number; y: number }>();
    const place = (clientX: number, clientY: number) => {
      const { left, top, width, height } = element.getBoundingClientRect();
      return { x: (clientX - left) / width, y: (clientY - top) / height };
    };
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const { x, y } = place(event.clientX, event.clientY);
      zoom(view, Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.0015)), x, y);
    };
    const down = (event: PointerEvent) => {
      pointers.set(event.pointerId, place(event.clientX, event.clientY));
      element.setPointerCapture(event.pointerId);
    };
    const move = (event: PointerEvent) => {
      const before = pointers.get(event.pointerId);
      if (before === undefined) return;
      const now = place(event.clientX, event.clientY);
      const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
      if (other === undefined) view.value = panBy(view.value, now.x - before.x, now.y - before.y);
      else {
        const { width, height } = element.getBoundingClientRect();
        const distance = (point: { x: number; y: number }) =>
          Math.hypot((point.x - other.x) * width, (point.y - other.y) * height) || 1;
        const ratio = distance(now) / distance(before);
        const zoomed = zoomAt(view.value, ratio, (before.x + other.x) / 2, (before.y + other.y) / 2);
        view.value = panBy(zoomed, (now.x - before.x) / 2, (now.y - before.y) / 2);
      }
      pointers.set(event.pointerId, now);
    };
    const up = (event: PointerEvent) => pointers.delete(event.pointerId);
    element.addEventListener("wheel", wheel, { passive: false });
    element.addEventListener("pointerdown", down);
    element.addEventListener("pointermove", move);
    element.addEventListener("pointerup", up);
    element.addEventListener("pointercancel", up);
    return () => {
      element.removeEventListener("wheel", wheel);
      element.removeEventListener("pointerdown", down);
      element.removeEventListener("pointermove", move);
      element.removeEventListener("pointerup", up);
      element.removeEventListener("pointercancel", up);
    };
  }, [frame, view]);
}
