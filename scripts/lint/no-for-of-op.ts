// A rule for `deno lint` (S-24): no `for…of`, and no array destructuring, over a generator whose `finally` suspends.
//
// When such a loop is left early, by `break`, by an error or by a kill at a `yield` in its body, the language calls
// `return()` on the generator once and throws away what it yields. So a `finally` that parks is given up at its first
// park, silently. Take a Stream and `forEach`, or delegate with `yield*` inside try/finally of one's own.
//
// Found are calls of generator functions (and of `this.method()`s) of the same file, also when the `finally` is in
// another generator of the file that this one delegates to. What comes from other files cannot be seen from here.

/** The little of an ESTree node that is used here. */
interface Node {
  type: string;
  range: [number, number];
  parent?: Node;
}
interface FunctionNode extends Node {
  generator?: boolean;
  id?: Identifier | null;
}
interface Identifier extends Node {
  name: string;
}
interface CallExpression extends Node {
  callee: Node & { name?: string; object?: Node; property?: Node & { name?: string } };
}
interface Context {
  sourceCode: { getAncestors(node: Node): Node[] };
  report(data: { node: Node; message: string; hint?: string }): void;
}

interface Generators {
  /** Whether a `finally` of its own contains a yield. */
  suspends: Set<string>;
  /** Generator, to those that it delegates to. */
  delegates: Map<string, Set<string>>;
}

const hint = "use a Stream with forEach(), or run the cleanup in the greenlet that loops";

function create(context: Context): Record<string, (node: never) => void> {
  const generators: Generators = { suspends: new Set(), delegates: new Map() };
  const consumers: { node: Node; name: string; how: string }[] = [];

  const consume = (node: Node, iterated: Node | null | undefined, how: string): void => {
    const name = calledName(iterated);
    if (name !== undefined) consumers.push({ node, name, how });
  };

  return {
    ForOfStatement(node: Node & { right: Node; await: boolean }) {
      if (!node.await) consume(node, node.right, "for…of over");
    },
    VariableDeclarator(node: Node & { id: Node; init?: Node | null }) {
      if (node.id.type === "ArrayPattern") consume(node, node.init, "destructuring of");
    },
    YieldExpression(node: Node & { delegate: boolean; argument?: Node | null }) {
      const place = enclosing(context, node);
      if (place === undefined) return;
      if (place.inFinally) generators.suspends.add(place.name);
      const target = node.delegate ? calledName(node.argument) : undefined;
      if (target === undefined) return;
      const known = generators.delegates.get(place.name) ?? new Set();
      generators.delegates.set(place.name, known.add(target));
    },
    "Program:exit"() {
      const losing = losingGenerators(generators);
      for (const { node, name, how } of consumers) {
        if (!losing.has(name)) continue;
        context.report({
          node,
          message: `${how} ${name}() loses its cleanup: a finally of it suspends`,
          hint,
        });
      }
    },
  };
}

/** "f" for `f(…)`, "this.f" for `this.f(…)`. */
function calledName(node: Node | null | undefined): string | undefined {
  if (node?.type !== "CallExpression") return undefined;
  const { callee } = node as CallExpression;
  if (callee.type === "Identifier") return callee.name;
  if (callee.type !== "MemberExpression" || callee.object?.type !== "ThisExpression") return undefined;
  return callee.property?.type === "Identifier" ? `this.${callee.property.name}` : undefined;
}

/** The generator function around a yield, and whether the yield is in a `finally` of it. */
function enclosing(context: Context, node: Node): { name: string; inFinally: boolean } | undefined {
  let inFinally = false;
  for (const around of context.sourceCode.getAncestors(node).toReversed()) {
    if (around.type === "TryStatement") {
      const block = (around as Node & { finalizer?: Node | null }).finalizer;
      if (block && block.range[0] <= node.range[0] && node.range[1] <= block.range[1]) inFinally = true;
    } else if (around.type === "FunctionDeclaration" || around.type === "FunctionExpression") {
      const name = nameOf(around as FunctionNode);
      return name === undefined ? undefined : { name, inFinally };
    }
  }
  return undefined;
}

function nameOf(node: FunctionNode): string | undefined {
  if (node.id) return node.id.name;
  const parent = node.parent as (Node & { id?: Identifier; key?: Identifier }) | undefined;
  if (parent?.type === "VariableDeclarator") return parent.id?.name;
  return parent?.key?.name === undefined ? undefined : `this.${parent.key.name}`;
}

function losingGenerators({ suspends, delegates }: Generators): Set<string> {
  const losing = new Set(suspends);
  let before: number;
  do {
    before = losing.size;
    for (const [name, targets] of delegates) {
      if (!losing.isDisjointFrom(targets)) losing.add(name);
    }
  } while (losing.size > before);
  return losing;
}

export default { name: "tendril", rules: { "no-for-of-op": { create } } };
