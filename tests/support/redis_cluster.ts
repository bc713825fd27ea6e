// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** A cluster of three servers of Redis on 127.0.0.1. @module */

import { freePort } from "../examples/_unprivileged.ts";
import { type RedisClient, RedisError, RedisServer } from "./redis.ts";

const SLOTS = 16_384;
const NODES = 3;

/** A running cluster. */
export class RedisCluster implements AsyncDisposable {
  /** The ports of its nodes. */
  readonly ports: readonly number[];
  readonly #servers: readonly RedisServer[];
  readonly #clients: ReadonlyMap<number, RedisClient>;

  private constructor(servers: readonly RedisServer[], clients: Map<number, RedisClient>) {
    this.#servers = servers;
    this.#clients = clients;
    this.ports = [...clients.keys()];
  }

  /** Starts three servers, each with a third of the slots. */
  static async start(): Promise<RedisCluster> {
    const servers: RedisServer[] = [];
    const clients = new Map<number, RedisClient>();
    const buses: number[] = [];
    for (let i = 0; i < NODES; i++) {
      const [port, bus] = [freePort(), freePort()];
      const server = await RedisServer.start(
        ...["--port", String(port), "--bind", "127.0.0.1", "--cluster-enabled", "yes"],
        ...["--cluster-port", String(bus), "--cluster-announce-ip", "127.0.0.1"],
      );
      servers.push(server);
      clients.set(port, await server.connect());
      buses.push(bus);
    }
    const ports = [...clients.keys()];
    for (const [i, client] of [...clients.values()].entries()) {
      const range = [i, i + 1].map((part) => Math.floor(part * SLOTS / NODES));
      await client.send(["CLUSTER", "ADDSLOTSRANGE", `${range[0]}`, `${range[1]! - 1}`]);
      await client.send(["CLUSTER", "MEET", "127.0.0.1", `${ports[0]}`, `${buses[0]}`]);
    }
    for (const client of clients.values()) {
      for (let tries = 0;; tries++) {
        const info = String(await client.send(["CLUSTER", "INFO"]));
        if (/cluster_state:ok/.test(info) && /cluster_known_nodes:3/.test(info)) break;
        if (tries === 200) throw new Error(`The cluster does not come together: ${info}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    return new RedisCluster(servers, clients);
  }

  /** The nodes that have been asked. */
  readonly asked: Set<number> = new Set();

  /** Sends a command to the first node, and from there to the one that has its key. */
  async send(args: readonly string[]): Promise<unknown> {
    let port = this.ports[0]!;
    for (;;) {
      this.asked.add(port);
      try {
        return await this.#clients.get(port)!.send(args);
      } catch (error) {
        const moved = error instanceof RedisError && /^MOVED \d+ [^ ]*:(\d+)/.exec(error.message);
        if (!moved) throw error;
        port = Number(moved[1]);
      }
    }
  }

  /** Ends the servers. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients.values()) client[Symbol.dispose]();
    await Promise.all(this.#servers.map((server) => server[Symbol.asyncDispose]()));
  }
}
