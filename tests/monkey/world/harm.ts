/**
 * What a kill must not harm, a scene each. A scene takes its libraries in when it plays, since that has to come after
 * patching; it throws when somebody was harmed.
 */
import { connectionScenes } from "./harm_connections.ts";
import type { Scene } from "./harm_kit.ts";
import { sharedScenes } from "./harm_shared.ts";

export const scenes: readonly Scene[] = [...connectionScenes, ...sharedScenes];
