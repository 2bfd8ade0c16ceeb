const KIB = 1024;
const MIB = 1024 * KIB;

/** The most bytes of one `.vgo` file. */
export const MAX_FILE_BYTES = MIB;
/** The most `.vgo` files of a tree, and the most bytes of all of them. */
export const MAX_FILES = 1000;
export const MAX_TREE_BYTES = 16 * MIB;
/** The most lexical tokens of one file: enough for 10,000 lines of config, too few to stall the parser. */
export const MAX_TOKENS = 100_000;
/** The deepest nesting of a file. The language itself needs six levels; each takes up to three on the parser's stack. */
export const MAX_DEPTH = 40;
/** The most UTF-16 code units of one string after interpolation. */
export const MAX_TEXT_LENGTH = MIB;
