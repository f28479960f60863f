/**
 * Part of the key of compiled models. Raise it with every change to what graphs compute or how their weights are stored,
 * or models that were compiled before keep running as they were.
 */
export const BUILDER_VERSION = 3
