import type { Words } from '../words'

export const refine: Words['refine'] = {
  label: '점수 맵',
  tensors: {
    score_map: '계산 그대로',
    score_map_denoised: '잡음 제거',
    score_map_smoothed: '평활화'
  },
  hints: {
    score_map: '모든 셀과 모든 낱말의 코사인, 계산된 그대로입니다.',
    score_map_denoised:
      '프롬프트 잡음 제거: softmax(100·s)에서 어느 셀에서도 비중이 pd_thresh에 이르지 못한 클래스를 없앱니다. 없앤 클래스는 모든 곳에서 −1입니다.',
    score_map_smoothed:
      '잡음 제거 뒤 키 평활화: softmax(100·s)를 셀마다 키가 닮은 정도에 따라 모든 셀에 걸쳐 더합니다. 더한 확률(Σp)이므로 클래스끼리 비교하는 값입니다.'
  },
  tagRemoved: '제거됨: 확신하는 셀이 없음',

  imagePrompt: '이미지 프롬프트',
  imagePromptHint:
    'ICPC처럼 사진을 모든 프롬프트의 토큰 하나로 넣습니다: [p, I, e_k]. 이 가중치는 그렇게 학습되지 않았습니다.',
  imagePrompts: { none: '없음', identity: 'I = z̄', file: 'I = Proj(z̄), 파일…' },
  tagImagePrompt: '이미지 프롬프트 가정'
}
