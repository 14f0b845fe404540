/** Requests by every client that the matrix knows, each used as its manual says. */
import http from "node:http";
import axios from "axios";
import got from "got";
import ky from "ky";
import fetchOfNode from "node-fetch";
import { Octokit } from "octokit";
import { ofetch } from "ofetch";
import undici from "undici";
import { type Library, REPEATED, REQUEST, RETRY, TRIES } from "./library.ts";

/** What `http.get` gives, to its end. */
function get(url: string, options: http.RequestOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    http.get(url, options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => text += part);
      response.on("end", () => resolve(text)).on("error", reject);
    }).on("error", reject);
  });
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export const httpLibraries: Library[] = [
  { name: "fetch", moments: REQUEST, use: async ({ url }) => await (await fetch(url)).text() },
  { name: "node:http", moments: REQUEST, use: ({ url }) => get(url) },
  {
    name: "node:http, an agent of one's own",
    moments: REQUEST,
    use: ({ url }) => get(url, { agent: new http.Agent({ keepAlive: true, maxSockets: 2 }) }),
  },
  {
    name: "undici.request",
    moments: REQUEST,
    use: async ({ url }) => await (await undici.request(url)).body.text(),
  },
  { name: "undici.fetch", moments: REQUEST, use: async ({ url }) => await (await undici.fetch(url)).text() },
  { name: "axios", moments: REQUEST, use: ({ url }) => axios.get(url) },
  { name: "axios, by fetch", moments: REQUEST, use: ({ url }) => axios.get(url, { adapter: "fetch" }) },
  {
    name: "ky",
    moments: REPEATED,
    use: ({ url }) => ky.get(url, { retry: { limit: TRIES, delay: () => RETRY } }).text(),
  },
  {
    name: "got",
    moments: REPEATED,
    use: ({ url }) =>
      got(url, {
        retry: {
          limit: TRIES,
          calculateDelay: ({ attemptCount }) => attemptCount > TRIES ? 0 : RETRY,
        },
      }).text(),
  },
  {
    name: "ofetch",
    moments: REPEATED,
    use: ({ url }) => ofetch(url, { retry: TRIES, retryDelay: RETRY, responseType: "text" }),
  },
  { name: "node-fetch", moments: REQUEST, use: async ({ url }) => await (await fetchOfNode(url)).text() },
  {
    name: "octokit",
    moments: REPEATED,
    use: ({ url }) =>
      new Octokit({
        baseUrl: new URL(url).origin,
        log: silent,
        retry: { retryAfterBaseValue: RETRY },
        throttle: { enabled: false }, // ten at once, and all instances of a program share the one queue
      }).request("GET /user"),
  },
];
