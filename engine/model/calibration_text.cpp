#include "engine/model/calibration_text.h"

namespace pincer {

const std::string_view kCalibrationText =
    R"text(The river rises in the hills north of the town and reaches the sea after two hundred kilometres. In spring, when the snow melts, its water stands a metre higher than in autumn, and the farmers along its banks have learned to build their houses on small mounds of stone. The oldest bridge, finished in 1784, was destroyed twice: once by a flood and once in the war. "We rebuilt it because we had no choice," the mayor said in an interview. "Without the bridge there is no market, and without the market there is no town."

Question: A train leaves at 9:40 and arrives at 13:05. How long is the journey?
Answer: From 9:40 to 13:00 there are 3 hours and 20 minutes, and 5 more minutes make 3 hours and 25 minutes.

def mean(values):
    """Return the arithmetic mean of a list of numbers."""
    if not values:
        raise ValueError("no values")
    total = 0.0
    for value in values:
        total += value
    return total / len(values)

Photosynthesis is the process by which plants, algae and some bacteria turn light into chemical energy. Chlorophyll absorbs mostly blue and red light; the energy splits water into oxygen, protons and electrons. In the Calvin cycle, carbon dioxide is then fixed into sugars. The overall reaction is often written as 6 CO2 + 6 H2O -> C6H12O6 + 6 O2, although the details are far more complicated.

User: Can you write a short email to my landlord about the broken heating?
Assistant: Of course! Here is a draft:

Dear Mr. Novak,

I am writing to let you know that the heating in my apartment (No. 12) has not worked since Monday evening. It is rather cold at the moment, so I would be grateful if you could send somebody to repair it this week. I am at home every day after 5 p.m.

Kind regards,
Emma Larsen

The court held that the contract was void, since neither party had the capacity to agree to its terms. Under the statute, a claim must be filed within three years of the date on which the damage was discovered, unless the defendant has concealed the facts. The plaintiff's appeal was dismissed with costs.

{"name": "sensor-7", "unit": "celsius", "values": [21.5, 21.7, 22.0, 21.9], "valid": true, "note": null}

1. Preheat the oven to 180 degrees.
2. Mix 250 g of flour with 100 g of sugar, a pinch of salt and two eggs.
3. Add the melted butter slowly, stirring all the time.
4. Bake for 35 minutes, until the top is golden brown.

Let f(x) = x^2 - 4x + 3. The roots are the solutions of x^2 - 4x + 3 = 0, that is (x - 1)(x - 3) = 0, so x = 1 or x = 3. The minimum lies halfway between them, at x = 2, where f(2) = -1.

La bibliothèque est ouverte du mardi au samedi, de neuf heures à dix-huit heures. Der Zug nach Hamburg fährt heute von Gleis sieben ab. El perro del vecino ladra todas las noches. 今日はとても天気がいいですね。

In 1929 the economist published a study of prices in twelve cities. She found that rents had doubled in ten years while wages had grown by only a third, and she argued that the difference explained much of the unrest of the time. Her critics pointed out that the data were incomplete; most of the figures for the smaller towns were estimates. Nevertheless, the book became a standard reference, and it is still quoted today by historians, sociologists and politicians of very different opinions.

Why did the chicken cross the road? I don't know, but it wasn't the first time, and nobody ever asked the road how it felt about it. Anyway, thanks for listening, and see you next week!)text";

}  // namespace pincer
