// Copyright 2026 the NSS for Deno authors. MIT license.

// This module uses node: modules, as the client does.

import { firstError, loadRecipe, type Target, testDriver } from "./_driver.ts";
import { nginx } from "./servers/nginx.ts";
import type { ClientHttp2Session } from "node:http2";

interface Recipe {
  openHttp2(
    host: string,
    port: number,
    ca: string,
    cert?: string,
    key?: string,
  ): ClientHttp2Session;
}

await testDriver({
  driver: "http2",
  server: nginx(),
  identity: "CN=alice",
  withoutCertificate: "400",
  async open({ host, port, ca, cert, key }: Target) {
    const { openHttp2 } = await loadRecipe<Recipe>("http2.ts");
    const session = openHttp2(host, port, ca, cert, key);
    const failed = firstError(session);
    const get = (path: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ":path": path });
        let [status, text] = [0, ""];
        stream.on("response", (headers) => status = Number(headers[":status"]));
        stream.setEncoding("utf8").on("data", (piece: string) => text += piece);
        stream.on("error", reject);
        stream.on("close", () => {
          if (status === 200) resolve(text);
          else reject(new Error(`the server answers ${status}`));
        });
      });
    return {
      ask: async () => await Promise.race([get("/client"), failed]),
      close: () => session.destroy(),
    };
  },
});
