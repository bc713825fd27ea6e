import tls from "node:tls";
import * as nats from "npm:@nats-io/transport-node@3.4.0";
import { connect } from "@nss/nss/node";

Object.assign(tls, { connect }); // it is called after the server's first line

export const openNats = (o: nats.NodeConnectionOptions, ca: string, cert?: string, key?: string) =>
  nats.connect({ ...o, tls: { ca, cert, key } });
