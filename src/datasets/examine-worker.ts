import { answerRequests } from './answer-requests.ts';
import type { ClipRequest, ExaminedClip } from './examine-clip.ts';
import { examineGroup } from './examine-clips.ts';

answerRequests<readonly ClipRequest[], ExaminedClip[]>(async (group) => ({ result: await examineGroup(group) }));
