import type { IncidentView } from '../../model/view.js';
import { ViaApi } from '../cli/access/via-api.js';
import type { Io } from '../cli/terminal/io.js';
import type { Screen } from '../cli/watch/screen.js';
import { askPerson } from './ask.js';

export interface DeciderOptions {
  readonly io: Io;
  readonly api: string;
  /** Of the person at the terminal. */
  readonly operatorToken: string;
  readonly second: { readonly name: string; readonly token: string };
  /** Ends the demo: the person pressed Ctrl-C in a prompt. */
  readonly stop: () => void;
}

/** Has each question of the incident answered once: by the person at the terminal, else by a second operator. */
export class Decider {
  private readonly seen = new Set<string>();

  constructor(private readonly options: DeciderOptions) {}

  async see(view: IncidentView, screen: Screen): Promise<void> {
    const open = view.openDecision;
    if (!open || this.seen.has(open.change.id)) return;
    this.seen.add(open.change.id);
    const { io } = this.options;
    if (io.interactive) await screen.pause(() => this.askHere(view, screen.isCut));
    else await this.approveAsSecond(view, open.hash);
  }

  private async askHere(view: IncidentView, showIt: boolean): Promise<void> {
    const { io, api, operatorToken, stop } = this.options;
    const given = await askPerson(io, view, { showIt, stop });
    if (!given || !view.openDecision) return;
    await this.send(new ViaApi(api, operatorToken), view, { hash: view.openDecision.hash, ...given });
  }

  private async approveAsSecond(view: IncidentView, hash: string): Promise<void> {
    const { io, api, second } = this.options;
    io.out(
      `There is no terminal to ask on: ${second.name} approves through the API, with a token of their own.\n`,
    );
    const comment = 'approved by the demo, since nobody is at a terminal';
    await this.send(new ViaApi(api, second.token), view, { hash, answer: 'approve', comment });
  }

  private async send(
    incidents: ViaApi,
    view: IncidentView,
    said: { readonly hash: string; readonly answer: 'approve' | 'reject'; readonly comment?: string },
  ): Promise<void> {
    // Who it is, and that it is verified, is for the API to say: by the token.
    const reply = await incidents.decide(view.shortId, { ...said, by: '', verified: 'token' });
    this.options.io.out(`${reply.accepted ? 'Taken' : 'Not taken'}: ${reply.why}.\n`);
  }
}
