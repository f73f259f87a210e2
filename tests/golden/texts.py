# The 2,000 strings on which tokenizers are compared, and the corpus that the small vocabularies are trained on: imported by the make_*.py
# beside it. Random strings leave out code points that Unicode 14 (Python 3.11's unicodedata) does not assign: libraries differ on newer ones.
import random
import unicodedata

from make_chat_ids import CODE, CPP, ESSAY
from make_tokenizer import HAND, random_cases

# Greetings, prices and dates of everyday writing, in many scripts.
SENTENCES = [
    "The weather is lovely today, isn't it? I'd say we've had worse.", "She said: \"We'll meet at 10:45, won't we?\" and left.",
    "Das Wetter ist heute schön; die Straße heißt »Große Allee« Nr. 17b.", "L'été dernier, où étiez-vous ? À l'hôtel, près de la forêt.",
    "El niño comió una manzana; ¿cuánto costó? ¡Solo 3,50 €!", "A manhã está fria, não é? Vamos ao café às 8h30.", "Perché no? È già domani, così va il mondo.",
    "Het is vandaag koud, zo'n 5 graden.", "Det är en vacker dag i Malmö, eller hur?", "Hyvää huomenta, mitä kuuluu? Yötön yö.", "Dzień dobry! Proszę o dwie kawy i źródło światła.",
    "Dobrý den, kolik to stojí? Příliš žluťoučký kůň úpěl ďábelské ódy.", "Jó reggelt! Árvíztűrő tükörfúrógép.", "Bună ziua, cât costă pâinea? Șapte țări.", "Günaydın! İstanbul'da ışık güzel, değil mi?",
    "Доброе утро! Сколько стоит этот чай? 120 ₽.", "Добрий день, їжак і ґанок — це чудово.", "Καλημέρα! Πόσο κάνει αυτό; Ωραία, ευχαριστώ.", "Բարև ձեզ, ինչպե՞ս եք այսօր։", "გამარჯობა, როგორ ხარ დღეს?",
    "שלום, מה שלומך היום? בסדר גמור.", "صباح الخير! كم سعر هذا؟ ١٢٫٥ ريال.", "صبح بخیر، حال شما چطور است؟", "سلام، آپ کیسے ہیں؟ بہت شکریہ۔", "नमस्ते, आप कैसे हैं? आज मौसम अच्छा है।",
    "শুভ সকাল, আপনি কেমন আছেন? ধন্যবাদ।", "ਸਤ ਸ੍ਰੀ ਅਕਾਲ, ਤੁਸੀਂ ਕਿਵੇਂ ਹੋ?", "કેમ છો? આજે હવામાન સારું છે.", "காலை வணக்கம், எப்படி இருக்கிறீர்கள்?", "శుభోదయం, మీరు ఎలా ఉన్నారు?", "ಶುಭೋದಯ, ಹೇಗಿದ್ದೀರಿ?",
    "സുപ്രഭാതം, സുഖമാണോ?", "සුභ උදෑසනක්, කොහොමද?", "สวัสดีตอนเช้า วันนี้อากาศดีมาก ราคา 35 บาท", "ສະບາຍດີຕອນເຊົ້າ", "မင်္ဂလာပါ နေကောင်းလား။", "អរុណសួស្តី តើអ្នកសុខសប្បាយទេ?", "བཀྲ་ཤིས་བདེ་ལེགས།",
    "早上好!今天天气很好,我们去公园散步吧。一共38元。", "早安,請問這個多少錢?謝謝您。", "おはようございます。今日はいい天気ですね。カフェでコーヒーを2杯飲みました。", "안녕하세요! 오늘 날씨가 참 좋네요. 커피 두 잔 주세요.",
    "Chào buổi sáng! Hôm nay trời đẹp quá, phải không?", "Selamat pagi, apa kabar? Harganya Rp15.000.", "Habari za asubuhi? Bei gani?", "ሰላም፣ እንዴት ነህ?", "ᎣᏏᏲ, ᏙᎯᏧ?", "ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ᠌", "Dia dhuit ar maidin, conas atá tú?",
    "∀x ∈ ℝ: ⌈x⌉ = −⌊−x⌋, α ∧ ¬β = ¬(¬α ∨ β)", "x² + y² = z²; ∫₀^∞ e^(−x) dx = 1; 5 × 3 ÷ 2 ≈ 7½", "→ ← ↑ ↓ ⇒ ✓ ✗ ★ ☆ ♥ © ® ™ § ¶ † ‡ •", "😀😃😄 👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪🇫🇷 ❤️‍🔥",
    "٣٫١٤ ۲۰۲۶ १२३ ๔๕๖ 七八九 Ⅷ ½ ⅔ ①②③", "e\u0301tude na\u0308ıve Z\u0323\u030cA\u0301 \u1100\u1161\u11a8 \u0915\u093c \u212b \u2126 \u00c5\u0327 q\u0307\u0323 q\u0323\u0307 \u0958 \ufb1d \u2adc", "İSTANBUL ŞIK ĲSSEL ǅ ﬁ ﬂ ſtraße 'ſ I'ſ KELVIN K",
    "'S 'Re 'VE 'lL 'D 'M 'T I'LLx it'Sx don'T", "tabs\tand\t\ttabs\n\n\tindented\n    four\r\n\r\nend  ", "<b>bold</b> <i>it</i>\n<table><tr><td>1</td></tr></table>", "for (int i = 0; i < 10; ++i) { sum += a[i]; }  // 10 times", "1234567 12 123 1234 0.5 1,000,000 2026-11-25T22:30:00Z +49 (30) 1234-567",
]


def assigned(text):
    return "".join(c for c in text if unicodedata.category(c) not in ("Cn", "Cs"))


def corpus():
    return SENTENCES * 3 + HAND + [ESSAY, CODE, CPP]


def texts():
    """2,000 different strings: by hand, sentences and their pieces and mixtures, random."""
    r = random.Random(20261125)
    out = dict.fromkeys(HAND + SENTENCES + [CODE, CPP, ESSAY])
    while len(out) < 900:
        a, b = r.choice(SENTENCES), r.choice(SENTENCES + HAND[:60])
        i, j = sorted((r.randrange(len(a) + 1), r.randrange(len(a) + 1)))
        out[r.choice([a[i:j], a[i:j] + b[:j], a[j:] + r.choice([" ", "  ", "\n", "\n\n", "\t", "▁", ""]) + b, a[:i].upper() + b[::-1]])[:160]] = None
    for t in random_cases(1400, 20261125):
        out[assigned(t)] = None
    return list(out)[:2000]
