/** The interfaces that this folder's parts fulfil stand in the model, since runbooks' authors need them, too. */
export type {
  Applier,
  AppliersFor,
  ApplyContext,
  ReadContext,
  Reading,
  TargetAdapter,
} from '../model/extension.js';
