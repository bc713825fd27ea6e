// Copyright 2026 the NSS for Deno authors. MIT license.

import { firstError, loadRecipe, type Target, testDriver } from "./_driver.ts";
import { mosquitto } from "./servers/mosquitto.ts";

interface Mqtt {
  subscribeAsync(topic: string): Promise<unknown>;
  publishAsync(topic: string, message: string, options: object): Promise<unknown>;
  endAsync(force: boolean): Promise<void>;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "message", listener: (topic: string, message: Uint8Array) => void): unknown;
  once(event: "connect" | "close", listener: () => void): unknown;
  readonly connected: boolean;
}

interface Recipe {
  openMqtt(options: object, ca: string, cert?: string, key?: string): Mqtt;
}

await testDriver({
  driver: "mqtt",
  server: mosquitto,
  identity: "hello",
  reconnects: true,
  async open({ host, port, ca, cert, key }: Target) {
    const { openMqtt } = await loadRecipe<Recipe>("mqtt.ts");
    const topic = crypto.randomUUID();
    const options = { host, port, reconnectPeriod: 200, queueQoSZero: false };
    const client = openMqtt(options, ca, cert, key);
    let failed = firstError(client);
    let take: (message: Uint8Array) => void = () => {};
    client.on("message", (_, message) => take(message));
    const echo = async (text: string): Promise<Uint8Array> => {
      if (!client.connected) {
        await new Promise<void>((resolve, reject) => {
          client.once("connect", resolve);
          client.once("close", () => reject(new Error("the connection is closed")));
        });
      }
      await client.subscribeAsync(topic);
      const { promise, resolve } = Promise.withResolvers<Uint8Array>();
      take = resolve;
      await client.publishAsync(topic, text, { qos: 1 });
      return await promise;
    };
    return {
      async ask() {
        const failing = failed;
        failed = firstError(client);
        return new TextDecoder().decode(await Promise.race([echo("hello"), failing]));
      },
      fetch: async (length) => (await echo("x".repeat(length))).length,
      close: () => client.endAsync(true),
    };
  },
});
