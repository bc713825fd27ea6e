import tls from "node:tls";
import { createClient } from "npm:redis@6.3.1";
import { connect } from "@nss/nss/node";

Object.assign(tls, { connect }); // redis calls it

export const openRedis = (socket: object, ca: string, cert?: string, key?: string) =>
  createClient({ socket: { ...socket, tls: true, ca, cert, key } });
