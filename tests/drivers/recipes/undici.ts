import tls from "node:tls";
import { Agent } from "npm:undici@7.30.2";
import { connect } from "@nss/nss/node";

Object.assign(tls, { connect }); // undici calls it

export const makeAgent = (options: Agent.Options, ca: string, cert?: string, key?: string) =>
  new Agent({ ...options, connect: { ca, cert, key } });
