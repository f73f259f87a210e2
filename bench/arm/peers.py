"""Figures of other projects' kernels, counted the same way: instructions per MAC, and MAC per cycle on N1 / N2 / V1 / V2."""

WHEN = "November 2026"

FIGURES = {
    "gemm": (
        ("KleidiAI qai8dxp x qsi8cxp 16x4 i8mm, per channel", ".0574", "- / 63.8 / 127 / 127"),
        ("XNNPACK qd8-f32-qc8w 4x16c8 neoni8mm, per channel", ".0747", "- / 36 / 68 / 68"),
        ("llama.cpp gemm_q8_0_4x8 i8mm, group 32", ".1263", "- / 21 / 41 / 41"),
        ("KleidiAI 16x4 dotprod, per channel", ".0884", "32 / 32 / 64 / 64"),
        ("XNNPACK 4x16c4 dotprod, per channel", ".0784", "31.9 / 31.9 / 63.6 / 63.6"),
    ),
    "gemv": (
        ("KleidiAI 1x8 dotprod, per channel", ".187", "15.8 / 10.6 / 15.8 / 31"),
        ("XNNPACK 1x16c4 dotprod, per channel", ".159", "28 / 21 / 31 / 41"),
        ("llama.cpp gemv_q8_0_4x4 dotprod, group 32", ".206", "14 / 14 / 26 / 27"),
    ),
}
