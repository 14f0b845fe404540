/** A program with one thread that it waits for, and one that it does not. */
import process from "node:process";
import { Thread } from "../../src/threads/mod.ts";

const url = new URL("./work.ts", import.meta.url);
const words = new Int32Array(new SharedArrayBuffer(32));
const daemon = new Thread({ target: { url, name: "wait" }, args: [60_000], daemon: true });
daemon.start();
new Thread({ target: { url, name: "increment" }, args: [words] }).start();
process.on("exit", () => console.log(`waited ${words[0]}`));
