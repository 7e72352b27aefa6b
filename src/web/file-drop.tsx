/** Where pictures come in: dropped, pasted, chosen, or taken with the camera. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Camera } from "./camera.tsx";
import { droppedFiles, isPicture } from "./dropped-files.ts";
import { t } from "./i18n.ts";
import { complain } from "./notices.tsx";

interface FileDropProps {
  title: string;
  help?: string;
  /** Of the file input, for tests. */
  testid: string;
  /** Whether it takes what is pasted on the page, and offers folder and camera. Default: false. */
  everything?: boolean;
  /** Little room is left for it. Default: false. */
  compact?: boolean;
  accept?: string;
  onFiles(files: File[]): void;
}

export function FileDrop(props: FileDropProps) {
  const {
    title,
    help,
    testid,
    everything = false,
    compact = false,
    accept = "image/*,.tif,.tiff,.bmp",
    onFiles,
  } = props;
  const over = useSignal(false);
  const camera = useSignal(false);
  const chosen = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (!everything) return;
    const paste = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length > 0) onFiles(files);
    };
    addEventListener("paste", paste);
    return () => removeEventListener("paste", paste);
  }, [everything, onFiles]);

  const take = (input: HTMLInputElement, filter: (file: File) => boolean = () => true) => {
    const files = [...(input.files ?? [])].filter(filter);
    // The same files can be chosen again.
    input.value = "";
    if (files.length > 0) onFiles(files);
  };
  return (
    <section
      class={`drop ${compact ? "compact" : ""} ${over.value ? "over" : ""}`}
      aria-label={title}
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => {
        over.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        over.value = false;
        if (event.dataTransfer)
          droppedFiles(event.dataTransfer).then((files) => files.length && onFiles(files), complain);
      }}
    >
      <p class="drop-title">{title}</p>
      {help && !compact ? <p class="soft">{help}</p> : null}
      <p class="row">
        <button type="button" class="primary" onClick={() => chosen.current!.click()}>
          {t("chooseFiles")}
        </button>
        {everything ? (
          <>
            <button type="button" onClick={() => folder.current!.click()}>
              {t("chooseFolder")}
            </button>
            <button
              type="button"
              onClick={() => {
                camera.value = true;
              }}
            >
              {t("camera")}
            </button>
          </>
        ) : null}
      </p>
      <input
        ref={chosen}
        type="file"
        hidden
        multiple
        accept={accept}
        data-testid={testid}
        onChange={(event) => take(event.currentTarget)}
      />
      {everything ? (
        <input
          ref={folder}
          type="file"
          hidden
          multiple
          data-testid={`${testid}-folder`}
          {...{ webkitdirectory: true }}
          onChange={(event) => take(event.currentTarget, isPicture)}
        />
      ) : null}
      {camera.value ? (
        <Camera
          onPicture={(file) => onFiles([file])}
          onClose={() => {
            camera.value = false;
          }}
        />
      ) : null}
    </section>
  );
}
