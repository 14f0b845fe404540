/** All rows of the matrix. Import this after patching: it takes the libraries in. */
import type { Library } from "./library.ts";
import { httpLibraries } from "./libraries_http.ts";
import { nativeLibraries } from "./libraries_native.ts";
import { otherLibraries } from "./libraries_other.ts";

export const libraries: readonly Library[] = [...httpLibraries, ...otherLibraries, ...nativeLibraries];
