import tls from "node:tls";
import { Redis, type RedisOptions } from "npm:ioredis@6.0.0";
import { connect } from "@nss/nss/node";

Object.assign(tls, { connect }); // ioredis calls it

export const openRedis = (options: RedisOptions, ca: string, cert?: string, key?: string) =>
  new Redis({ ...options, tls: { ca, cert, key } });
