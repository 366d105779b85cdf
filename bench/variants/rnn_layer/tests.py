"""The hidden tests by what they look at, for the answers that lose them."""

STEP, STEP_BIAS, STEP_ONES = "test_forward_step", "test_forward_step_bias", "test_forward_step_sizes_of_one"
STEPS = (STEP, STEP_BIAS, STEP_ONES)

STATES, INITIAL, BIAS = "test_forward", "test_forward_initial_state", "test_forward_bias"
ONES, LONG, AGAIN = "test_forward_sizes_of_one", "test_forward_long_sequence", "test_forward_again"
SEQUENCES = (STATES, INITIAL, BIAS, ONES, LONG, AGAIN)

STEP_DX, STEP_DPREV_H, STEP_DB = "test_step_dx", "test_step_dprev_h", "test_step_db"
STEP_DW_IH, STEP_DW_HH = "test_step_dw_ih", "test_step_dw_hh"
STEP_BACK_ONES = "test_step_back_sizes_of_one"
STEPS_BACK = (STEP_DX, STEP_DPREV_H, STEP_DW_IH, STEP_DW_HH, STEP_DB, STEP_BACK_ONES)

DX, DH0, DB = "test_backward_dx", "test_backward_dh0", "test_backward_db"
DW_IH, DW_HH = "test_backward_dw_ih", "test_backward_dw_hh"
BACK_ONES, BACK_LONG = "test_backward_sizes_of_one", "test_backward_long_sequence"
BACK_AGAIN = "test_backward_again"
SEQUENCES_BACK = (DX, DH0, DW_IH, DW_HH, DB, BACK_ONES, BACK_LONG, BACK_AGAIN)

EVERYTHING = (*STEPS, *SEQUENCES, *STEPS_BACK, *SEQUENCES_BACK)
