import type { Words } from '../words'

export const sam: Words['sam'] = {
  overlays: { 'sam-mask': 'SAM의 마스크', 'sam-logits': 'SAM의 로짓' },

  tools: '마우스가 하는 일',
  tool: { points: '점', box: '상자', look: '보기' },
  toolHint: {
    points:
      '누르면 마스크에 넣을 곳, 오른쪽 단추나 Alt와 함께 누르면 뺄 곳입니다. Enter는 마우스 자리나 화면 가운데에 같은 점을 찍고, Backspace는 마지막 것을 지웁니다.',
    box: '마스크에 넣을 것을 상자로 끌어 두르세요. 누르기와 오른쪽 단추는 여기서도 점을 찍습니다.',
    look: '다른 창처럼 끌면 사진이 움직이고 누르면 핀이 꽂힙니다.'
  },
  answer: '마스크',
  answers: { best: '셋 중 최선', '1': '셋 중 1', '2': '셋 중 2', '3': '셋 중 3', single: '하나' },
  answerHint:
    'SAM은 뜻이 모호한 프롬프트에는 마스크 셋으로, 분명한 프롬프트에는 하나로 답하고, 저마다 예상하는 IoU를 말합니다.',
  clear: '지우기',
  clearHint: '점과 상자를 모두 지우기',

  teach: '마스크에 넣을 것을 누르고, 뺄 것은 오른쪽 단추로 누르세요. 상자 도구로는 끌어서 두릅니다.',
  encoding: 'SAM이 사진을 한 번 읽고 나면 누를 때마다 바로 답합니다.',
  needsSam: '이 모델은 점, 상자, 마스크를 받지 않습니다. SAM 체크포인트를 여세요.',
  maskOf: (answer) => `SAM 마스크: ${answer}`,
  tagIou: (iou) => `예상 IoU ${iou}`,
  tagShare: (share) => `사진의 ${share}`,
  told: (points, box, mask) =>
    [`점 ${points}개`, ...(box ? ['상자'] : []), ...(mask ? [`${mask}의 맵`] : [])].join(' · '),
  prompt: (label, x, y) => `${label === 1 ? '안' : '밖'}: ${x}, ${y}`,
  box: (left, top, right, bottom) => `상자 ${left}, ${top} – ${right}, ${bottom}`,
  removePrompt: (what) => `지우기: ${what}`,

  keys: {
    heading: 'SAM의 사진에서',
    click: '마스크에 넣기',
    rightClick: '오른쪽 단추, Alt-누르기',
    rightClickDoes: '마스크에서 빼기',
    enter: '마우스 자리, 마지막 핀, 화면 가운데에 같은 점 찍기',
    altEnter: '그곳에 빼는 점 찍기',
    backspace: '마지막 점, 그다음 상자를 지우기'
  },
  runNote: 'SAM은 여기서 무엇을 고르든 사진 전체를 정사각형에 맞추어 봅니다.',

  heading: 'SAM 프롬프트',
  clicked: '마우스로 찍은 것',
  nothingClicked: 'SAM 창에서 마스크에 넣을 것을 누르고, 뺄 것은 오른쪽 단추로 누르세요.',
  fromScores: (name) => `${name}의 점수 맵에서`,
  fromScoresNone:
    '점수 맵이 있으면 무엇을 오려 낼지 SAM에 알려 줄 수 있습니다. 점수 맵을 내는 모델을 열고 클래스를 고르세요.',
  fromScoresSliding: '미끄러지는 창은 점수 맵이 창마다 따로 있습니다. SAM에 알려 주려면 사진 전체 추론을 고르세요.',
  scoreModel: '모델',
  parts: { points: '봉우리를 점으로', box: '영역을 상자로', mask: '맵을 마스크로' },
  partHints: {
    points: '이웃보다 차이가 큰 셀의 가운데입니다. 더 높은 것에서 두 셀 안에 있으면 뺍니다.',
    box: '이어진 영역 가운데 가장 큰 것을 두릅니다.',
    mask: '로짓 (차이 − 문턱값) / τ: 정합 손실이 학습한 대로, 나머지 중 최선에 대한 이 클래스의 로그 오즈입니다. SAM의 마스크도 로그 오즈입니다.'
  },
  peaks: '많아야',
  threshold: '문턱값',
  thresholdHint:
    '셀의 차이는 이 클래스의 코사인에서 나머지 중 최선의 코사인을 뺀 값입니다. 0이면 이 클래스가 이기는 곳입니다.',
  nowhere: (name) => `이 문턱값에서 ${name}인 셀이 없습니다.`,
  ownBox: '직접 그린 상자가 영역의 상자를 대신합니다.',
  expected: 'SAM이 예상하는 IoU',
  againstDecoder: (name) => `디코더의 ${name}과의 IoU`,
  againstScores: (name) => `점수 맵의 ${name}과의 IoU`,
  againstLabels: (name) => `정답의 ${name}과의 IoU`,
  join: '+ SAM',
  joinHint: 'SAM의 사진 임베딩을 특징에 잇습니다. 셀의 두 벡터는 길이가 1이고, 격자는 더 촘촘한 쪽을 따릅니다',
  joined: (tensor) => `${tensor} + SAM`,
  tagJoined: '블록마다 길이 1'
}
