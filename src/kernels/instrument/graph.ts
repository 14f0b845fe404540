/** Who calls whom: which functions a call may reach, and which functions may call themselves in the end. */
import type { Step } from "./code.ts";
import { externalKind, type FunctionType, type WasmModule } from "./module.ts";

export interface CallGraph {
  /** The functions that a step may call; the numbers are those of the module. */
  targets(step: Step): readonly number[];
  /** Whether a step may call a function of the host, which the graph cannot see into. */
  leaves(step: Step): boolean;
  /** Groups of functions that call each other, callees before callers. */
  groups: number[][];
  /** Whether a call of the function may lead to the function itself, by what the module shows. */
  recursive: boolean[];
}

export function callGraph(module: WasmModule): CallGraph {
  const indirect = indirectTargets(module);
  const targets = (step: Step): readonly number[] => {
    if (step.kind === "call") return [step.target];
    return step.kind === "callIndirect" ? indirect(step.table, step.type) : [];
  };
  const leaves = (step: Step): boolean =>
    targets(step).some((target) => target < module.imported.functions) ||
    (step.kind === "callIndirect" && module.sharedTables.has(step.table));
  const callees = module.functionTypes.map((_, index) => {
    const body = module.bodies[index - module.imported.functions];
    return body === undefined ? [] : [...new Set(body.steps.flatMap(targets))];
  });
  const groups = components(callees);
  const recursive: boolean[] = callees.map((next, index) => next.includes(index));
  for (const group of groups) if (group.length > 1) { for (const index of group) recursive[index] = true; }
  return { targets, leaves, groups, recursive };
}

/**
 * The functions that a table may hold and a type fits. What segments put into a table at the start is known by table;
 * what code or the host may put there could be in any of them.
 */
function indirectTargets(module: WasmModule): (table: number, type: number) => readonly number[] {
  const anywhere = new Set(module.globalReferences);
  const placed = new Map<number, Set<number>>();
  const placedIn = (table: number): Set<number> => {
    const found = placed.get(table) ?? new Set<number>();
    placed.set(table, found);
    return found;
  };
  for (const { table, functions } of module.elements) {
    for (const index of functions) (table === undefined ? anywhere : placedIn(table)).add(index);
  }
  for (const body of module.bodies) {
    for (const step of body.steps) if (step.kind === "refFunc") anywhere.add(step.target);
  }
  for (const table of module.sharedTables) {
    for (const { kind, index } of module.exports) {
      if (kind === externalKind.function) placedIn(table).add(index);
    }
  }
  const key = ({ params, results }: FunctionType) => `${params}:${results}`;
  const keys = module.types.map(key);
  const found = new Map<string, number[]>();
  return (table, type) => {
    const name = `${table} ${keys[type]}`;
    let fitting = found.get(name);
    if (fitting === undefined) {
      fitting = [...placedIn(table).union(anywhere)]
        .filter((index) => keys[module.functionTypes[index]] === keys[type]);
      found.set(name, fitting);
    }
    return fitting;
  };
}

/** Tarjan's strongly connected components, with a stack of its own: a chain of calls may be long. */
function components(edges: number[][]): number[][] {
  const order: number[] = new Array(edges.length).fill(-1);
  const low: number[] = [];
  const open: number[] = [];
  const isOpen: boolean[] = [];
  const groups: number[][] = [];
  let visited = 0;
  for (let root = 0; root < edges.length; root++) {
    const path: { node: number; next: number }[] = [];
    const enter = (node: number): void => {
      order[node] = low[node] = visited++;
      open.push(node);
      isOpen[node] = true;
      path.push({ node, next: 0 });
    };
    if (order[root] < 0) enter(root);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { node } = top;
      if (top.next < edges[node].length) {
        const to = edges[node][top.next++];
        if (order[to] < 0) enter(to);
        else if (isOpen[to]) low[node] = Math.min(low[node], order[to]);
        continue;
      }
      path.pop();
      const parent = path.at(-1)?.node;
      if (parent !== undefined) low[parent] = Math.min(low[parent], low[node]);
      if (low[node] !== order[node]) continue;
      const group = open.splice(open.lastIndexOf(node));
      for (const member of group) isOpen[member] = false;
      groups.push(group);
    }
  }
  return groups;
}
