/** Pictures from a camera of this machine. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t } from "./i18n.ts";

interface CameraProps {
  onPicture(file: File): void;
  onClose(): void;
}

export function Camera({ onPicture, onClose }: CameraProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const problem = useSignal<string | null>(null);
  const ready = useSignal(false);

  useEffect(() => {
    dialog.current!.showModal();
    let stream: MediaStream | null = null;
    let closed = false;
    const stop = () => {
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
    const start = async () => {
      // Browsers have no camera for pages that came over plain HTTP from another machine.
      if (navigator.mediaDevices === undefined) throw new Error("HTTPS");
      stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment", width: { ideal: 1920 } },
      });
      if (closed) return stop();
      video.current!.srcObject = stream;
      await video.current!.play();
      ready.value = true;
    };
    start().catch((error: Error) => {
      if (!closed) problem.value = t("noCamera", { reason: error.message });
    });
    return () => {
      closed = true;
      stop();
    };
  }, [problem, ready]);

  const takePicture = () => {
    const { videoWidth: width, videoHeight: height } = video.current!;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d")!.drawImage(video.current!, 0, 0);
    const name = `camera-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.png`;
    canvas.toBlob((blob) => blob && onPicture(new File([blob], name, { type: "image/png" })), "image/png");
  };
  return (
    <dialog ref={dialog} class="camera" aria-label={t("camera")} onClose={onClose}>
      {problem.value ? <p>{problem.value}</p> : <video ref={video} muted playsInline />}
      <p class="row">
        <button type="button" class="primary" disabled={!ready.value} onClick={takePicture}>
          {t("takePicture")}
        </button>
        <button type="button" onClick={() => dialog.current!.close()}>
          {t("close")}
        </button>
      </p>
    </dialog>
  );
}
