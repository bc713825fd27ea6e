import tls from "node:tls";
import { connect as connectNats, type ConnectionOptions } from "npm:nats@2.29.3";
import { connect } from "@nss/nss/node";

Object.assign(tls, { connect }); // nats calls it after the server's first line

export const openNats = (options: ConnectionOptions, ca: string, cert?: string, key?: string) =>
  connectNats({ ...options, tls: { ca, cert, key } });
