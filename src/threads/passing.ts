/** Shared primitives may stand among the arguments and results of jobs, as they are. Their classes are loaded when one arrives. */
import { setPassing } from "../wire/mod.ts";
import { isShared, type SharedHandle } from "./shared_handle.ts";
import { ownSeat } from "./shared_seat.ts";

type Registry = typeof import("./shared_registry.ts");

let registry: Registry | null = null;

async function load(): Promise<void> {
  registry = await import("./shared_registry.ts");
}

/** Said in each thread that gives or takes jobs. */
export function passShared(): void {
  setPassing({
    inUse: () => ownSeat().table.objects > 0,
    encode: (value) => isShared(value) ? value.handle : undefined,
    load: () => registry === null ? load() : null,
    isHandle: (value) => registry !== null && registry.isSharedHandle(value),
    revive: (handle) => registry?.reviveShared(handle as SharedHandle),
  });
}
