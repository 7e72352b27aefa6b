/**
 * One table from the tensor names of OpenAI / open_clip and Hugging Face checkpoints to the names used here.
 *
 * The names used here, weights as [out, in]: `vision.patch.weight` [W,3,P,P], `vision.class_token` [W],
 * `vision.position` [1+G*G,W], `vision.{pre_norm,post_norm}.{weight,bias}` [W], `vision.projection` [E,W],
 * `text.token` [vocabulary,W], `text.position` [context,W], `text.final_norm.{weight,bias}` [W],
 * `text.projection` [E,W], `logit_scale` [], and for each tower and block i from 0
 * `{tower}.blocks.{i}.{query,key,value,out,fc1,fc2,norm1,norm2}.{weight,bias}`.
 * Files of our own use them as they are and may add `token_ids` [n]: the vocabulary's ids of the rows of `text.token`, and
 * a stem of n convolutions, `vision.stem.{i}.weight` [C_i,C_(i-1),3,3] and `vision.stem.{i}.bias` [C_i] with C_(-1) = 3;
 * `vision.patch.weight` is then [W,C_(n-1),P/s,P/s], where s is the product of the strides, which `clip_config` declares.
 */
import { AnomalyClipError } from "../errors.ts";
import { BYTES_PER_ELEMENT, type Checkpoint, type StoredTensor } from "./checkpoint.ts";
import { quoteName, showShape } from "./quote-name.ts";

/** A stored tensor of a CLIP. `name` stays the one that it has in its file. */
export interface ClipTensor extends StoredTensor {
  /** The stored matrix, whose shape is `shape`, is the [in, out] transpose of the [out, in] that the name promises. */
  transposed?: true;
}

/** A checkpoint's tensors by the names used here. */
export interface NamedClip {
  path: string;
  tensors: ReadonlyMap<string, ClipTensor>;
  /** False for a file that holds the vision tower alone. */
  hasText: boolean;
  /** The `input_resolution`, `context_length` and `vocab_size` that only the archives published by OpenAI carry. */
  isOpenAiArchive: boolean;
}

interface NameTable {
  /** A name that every checkpoint of this kind holds; what stands before it is a prefix of all names. */
  marker: string;
  /** Their name to ours. */
  names: Readonly<Record<string, string>>;
  /** What stands before the block's number, to the tower. */
  blocks: Readonly<Record<string, string>>;
  /** Names within a block, without `.weight` and `.bias`. */
  block: Readonly<Record<string, string>>;
  /** Our names whose bytes are transposed. */
  transposed: readonly string[];
  /** Names that begin so belong to the towers: one that the table does not know means another architecture. */
  towers: RegExp;
  /** Tower names without weights. */
  ignored: RegExp;
}

const OPENAI: NameTable = {
  marker: "visual.class_embedding",
  names: {
    "visual.class_embedding": "vision.class_token",
    "visual.positional_embedding": "vision.position",
    "visual.conv1.weight": "vision.patch.weight",
    "visual.ln_pre.weight": "vision.pre_norm.weight",
    "visual.ln_pre.bias": "vision.pre_norm.bias",
    "visual.ln_post.weight": "vision.post_norm.weight",
    "visual.ln_post.bias": "vision.post_norm.bias",
    "visual.proj": "vision.projection",
    "token_embedding.weight": "text.token",
    positional_embedding: "text.position",
    "ln_final.weight": "text.final_norm.weight",
    "ln_final.bias": "text.final_norm.bias",
    text_projection: "text.projection",
    logit_scale: "logit_scale",
  },
  blocks: { "visual.transformer.resblocks": "vision", "transformer.resblocks": "text" },
  block: {
    ln_1: "norm1",
    ln_2: "norm2",
    "attn.out_proj": "out",
    "mlp.c_fc": "fc1",
    "mlp.c_proj": "fc2",
  },
  transposed: ["vision.projection", "text.projection"],
  towers: /^(visual|transformer|token_embedding|ln_final|text_projection|cls_emb)\b/,
  ignored: /^$/,
};

const HUGGING_FACE: NameTable = {
  marker: "vision_model.embeddings.class_embedding",
  names: {
    "vision_model.embeddings.class_embedding": "vision.class_token",
    "vision_model.embeddings.position_embedding.weight": "vision.position",
    "vision_model.embeddings.patch_embedding.weight": "vision.patch.weight",
    // The misspelling is Hugging Face's own.
    "vision_model.pre_layrnorm.weight": "vision.pre_norm.weight",
    "vision_model.pre_layrnorm.bias": "vision.pre_norm.bias",
    "vision_model.post_layernorm.weight": "vision.post_norm.weight",
    "vision_model.post_layernorm.bias": "vision.post_norm.bias",
    "visual_projection.weight": "vision.projection",
    "text_model.embeddings.token_embedding.weight": "text.token",
    "text_model.embeddings.position_embedding.weight": "text.position",
    "text_model.final_layer_norm.weight": "text.final_norm.weight",
    "text_model.final_layer_norm.bias": "text.final_norm.bias",
    "text_projection.weight": "text.projection",
    logit_scale: "logit_scale",
  },
  blocks: { "vision_model.encoder.layers": "vision", "text_model.encoder.layers": "text" },
  block: {
    layer_norm1: "norm1",
    layer_norm2: "norm2",
    "self_attn.q_proj": "query",
    "self_attn.k_proj": "key",
    "self_attn.v_proj": "value",
    "self_attn.out_proj": "out",
    "mlp.fc1": "fc1",
    "mlp.fc2": "fc2",
  },
  transposed: [],
  towers: /^(vision_model|text_model|visual_projection|text_projection)\b/,
  ignored: /\.position_ids$/,
};

/** The most convolutions that a stem may have. */
export const LONGEST_STEM = 12;
const STEM_NAMES = Array.from({ length: LONGEST_STEM }, (_, i) => [`vision.stem.${i}.weight`, `vision.stem.${i}.bias`]);

const OWN: NameTable = {
  marker: "vision.class_token",
  names: Object.fromEntries(
    [...Object.values(OPENAI.names), ...STEM_NAMES.flat(), "token_ids"].map((name) => [name, name]),
  ),
  blocks: { "vision.blocks": "vision", "text.blocks": "text" },
  block: Object.fromEntries(Object.values(HUGGING_FACE.block).map((name) => [name, name])),
  transposed: [],
  towers: /^(vision|text)\./,
  ignored: /^$/,
};

/** What training scripts and wrappers put before every name. */
const PREFIX = /^((state_dict|model|model_state_dict|module|clip|_orig_mod)\.)*$/;

/**
 * A CLIP checkpoint's tensors by our names. A fused `in_proj_weight` [3D, D] becomes three tensors over the same bytes.
 * @throws {AnomalyClipError} `E_WEIGHTS` where the file holds no CLIP with a vision transformer, or tensors that a CLIP
 *   does not have and that would change its results.
 */
export function nameClipTensors(checkpoint: Checkpoint): NamedClip {
  const { path } = checkpoint;
  const { table, prefix } = recognise(checkpoint);
  const tensors = new Map<string, ClipTensor>();
  for (const [fullName, tensor] of checkpoint.tensors) {
    if (!fullName.startsWith(prefix)) continue;
    // open_clip's CustomTextCLIP keeps its text tower under `text.`.
    const name = fullName.slice(prefix.length).replace(table === OPENAI ? /^text\./ : /^$/, "");
    const named = nameTensor(table, name, tensor);
    if (!named && table.towers.test(name) && !table.ignored.test(name)) {
      throw new AnomalyClipError(
        "E_WEIGHTS",
        `${path}: holds ${quoteName(fullName)}: not a CLIP ViT as OpenAI built it`,
      );
    }
    for (const [ourName, ours] of named ?? []) {
      if (tensors.has(ourName)) throw new AnomalyClipError("E_WEIGHTS", `${path}: holds ${ourName} twice`);
      tensors.set(ourName, ours);
    }
  }
  const hasText = [...tensors.keys()].some((name) => name.startsWith("text."));
  const isOpenAiArchive = table === OPENAI && checkpoint.tensors.has(`${prefix}input_resolution`);
  return { path, tensors, hasText, isOpenAiArchive };
}

function recognise({ path, tensors }: Checkpoint): { table: NameTable; prefix: string } {
  const found: { table: NameTable; prefix: string }[] = [];
  for (const name of tensors.keys()) {
    for (const table of [OPENAI, HUGGING_FACE, OWN]) {
      const prefix = name.endsWith(table.marker) ? name.slice(0, -table.marker.length) : undefined;
      if (prefix !== undefined && PREFIX.test(prefix)) found.push({ table, prefix });
    }
  }
  const [only] = found;
  if (only && found.length === 1) return only;
  throw new AnomalyClipError("E_WEIGHTS", `${path}: ${only ? "holds several CLIPs" : explainAbsence(tensors)}`);
}

function explainAbsence(tensors: Checkpoint["tensors"]): string {
  const names = [...tensors.keys()];
  if (names.some((name) => /visual\.(layer1|attnpool)\./.test(name))) {
    return "is a CLIP with a ResNet; AnomalyCLIP needs one with a vision transformer, such as ViT-L/14@336px";
  }
  if (names.some((name) => name.includes("visual.trunk."))) return "is a CLIP with a timm image tower: not supported";
  if (names.some((name) => /(^|\.)(ctx_pos|context\.normal)$/.test(name))) {
    return "holds learned prompts, no CLIP: give it as the prompt file";
  }
  return `holds no CLIP: none of ${[OPENAI, HUGGING_FACE, OWN].map(({ marker }) => marker).join(", ")} is among its names`;
}

/** Our names for one of theirs; undefined where the table does not know it. */
function nameTensor(table: NameTable, name: string, tensor: StoredTensor): [string, ClipTensor][] | undefined {
  if (Object.hasOwn(table.names, name)) {
    const ours = table.names[name]!;
    return [[ours, table.transposed.includes(ours) ? { ...tensor, transposed: true } : tensor]];
  }
  const [, stem, index, inner] = /^(.+?)\.(0|[1-9]\d{0,2})\.(.+)$/.exec(name) ?? [];
  if (stem === undefined || inner === undefined || !Object.hasOwn(table.blocks, stem)) return undefined;
  const block = `${table.blocks[stem]}.blocks.${index}`;
  const fused = table === OPENAI ? /^attn\.in_proj_(weight|bias)$/.exec(inner)?.[1] : undefined;
  if (fused) return splitFused(block, fused, tensor);
  const [, layer = "", kind] = /^(.+)\.(weight|bias)$/.exec(inner) ?? [];
  return Object.hasOwn(table.block, layer) ? [[`${block}.${table.block[layer]}.${kind}`, tensor]] : undefined;
}

function splitFused(block: string, kind: string, tensor: StoredTensor): [string, ClipTensor][] {
  const [rows = 0, ...rest] = tensor.shape;
  if (rows % 3 !== 0 || rest.length !== (kind === "weight" ? 1 : 0)) {
    const what = `${quoteName(tensor.name)} is ${showShape(tensor.shape)}; expected ${kind === "weight" ? "[3D, D]" : "[3D]"}`;
    throw new AnomalyClipError("E_WEIGHTS", `${tensor.file}: ${what}`);
  }
  const shape = [rows / 3, ...rest];
  const bytes = (rows / 3) * (rest[0] ?? 1) * BYTES_PER_ELEMENT[tensor.dtype];
  return ["query", "key", "value"].map((part, i): [string, ClipTensor] => [
    `${block}.${part}.${kind}`,
    { ...tensor, shape, offset: tensor.offset + i * bytes },
  ]);
}
