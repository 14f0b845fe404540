/** Begins each line of the worker that is a result. */
export const MARK = "@result ";
