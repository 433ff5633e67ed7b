export { countLeftOut } from './count-left-out.ts'
export { countReturned, NO_RETURNED, type ReturnedCounts } from './count-returned.ts'
export { RETURNED, type RetryRequest, withReturned } from './find-returned.ts'
export { writeOutcomes } from './write-outcomes.ts'
