/** Names that people give to models, products and folders. */

/** No path, and nothing that a page, a header or a shell must escape; 80 characters at most. */
export const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._()+-]{0,79}$/u;
/** What to say where a name does not fit. */
export const NAME_HINT = "use up to 80 letters, digits, spaces and . _ ( ) + -";
