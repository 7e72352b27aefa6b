/** Where the vision tower's linear layers stand: those that read the same activations are treated alike. */

import type { ClipConfig } from "../weights/clip-config.ts";

/**
 * How the linear layers of a site are computed.
 * - `int8`: weights with a scale for each output channel, activations with one for all of them
 * - `int8-smoothed`: the same, after outliers of the activations were moved into the weights by way of the norm before
 * - `int8-blocks`: weights and activations with a scale for every 64 numbers; slower
 * - `fp32`: left as it is
 */
export const SITE_METHODS = ["int8", "int8-smoothed", "int8-blocks", "fp32"] as const;
export type SiteMethod = (typeof SITE_METHODS)[number];

/** Linear layers that read the same activations. */
export interface Site {
  /** Such as `vision.blocks.0.qkv`. */
  name: string;
  /** Canonical names of the layers, such as `vision.blocks.0.query`. */
  layers: readonly string[];
  /** The norm whose output they read, such as `vision.blocks.0.norm1`; none where the activations come from elsewhere. */
  norm?: string;
}

/** The four sites of a block (0-based): before attention, after it, and the two layers of the feed-forward part. */
export function sitesOf(block: number): Site[] {
  const prefix = `vision.blocks.${block}`;
  return [
    {
      name: `${prefix}.qkv`,
      layers: ["query", "key", "value"].map((layer) => `${prefix}.${layer}`),
      norm: `${prefix}.norm1`,
    },
    { name: `${prefix}.out`, layers: [`${prefix}.out`] },
    { name: `${prefix}.fc1`, layers: [`${prefix}.fc1`], norm: `${prefix}.norm2` },
    { name: `${prefix}.fc2`, layers: [`${prefix}.fc2`] },
  ];
}

/** All sites of a tower. */
export function allSites({ vision }: ClipConfig): Site[] {
  return Array.from({ length: vision.layers }, (_, block) => sitesOf(block)).flat();
}
