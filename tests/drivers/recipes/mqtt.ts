import { type IClientOptions, MqttClient } from "npm:mqtt@5.16.0";
import { connect } from "@nss/nss/node";

export function openMqtt(options: IClientOptions, ca: string, cert?: string, key?: string) {
  const { host, port } = options;
  return new MqttClient(() => connect({ host, port, ca, cert, key }), options);
}
