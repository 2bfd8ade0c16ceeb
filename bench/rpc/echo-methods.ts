/** Answers as many bytes as were asked for. */
export const PLAIN = '/bench.Echo/Plain';
/** As well, once the signature in front of the request was verified. */
export const CHECKED = '/bench.Echo/Checked';
/** Opens a stream on which nothing ever comes. */
export const SILENT = '/bench.Echo/Silent';
