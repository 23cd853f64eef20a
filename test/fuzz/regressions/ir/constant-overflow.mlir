module attributes {sluice.path_bound = 41 : i64, sluice.resource_bound = 1 : i64} {
  sched.program cards 1 cycles 59 stats "{\22busy_cycles\22:{\22mem_read\22:5,\22mem_write\22:8,\22mxm_install\22:1,\22mxm_multiply\22:2},\22cards\22:1,\22cycles\22:59,\22instructions\22:10,\22link_vectors\22:0,\22memory_bytes_per_card\22:{\22constants\22:512,\22inputs\22:64,\22outputs\22:256,\22temporaries\22:0},\22microseconds\22:0.065555555555555561,\22mxm_utilisation\22:0.0084745762711864406,\22path_bound\22:41,\22ratio\22:1.4390243902439024,\22resource_bound\22:1}" {
    sched.binding "x" {address = 256 : i64, card = -1 : i64, count = 2 : i64, first = 0 : i64, hemisphere = 0 : i64, lane_dims = 1 : i64, machine_type = tensor<1x2x1x32xi8>, output = false, permutation = array<i64: 0, 1, 2, 3>, slices = array<i64: 0>, step = 1 : i64, user_type = i8}
    sched.memory dense<3> : tensor<1x9223372036854775807x1x32xi8> {address = 0 : i64, byte = 0 : i64, hemisphere = 0 : i64, slice = 0 : i64, stripe = 0 : i64, stripes = 16 : i64}
    sched.binding "y" {address = 256 : i64, card = -1 : i64, count = 2 : i64, first = 0 : i64, flow = array<i64: -1, 0, 0, 0, 4, 0, 0, 1, -1, 1, 0, 2, 5, 0, 0, 1, -1, 2, 0, 562949953421313, 6, 0, 0, 1, -1, 1, 0, 2, 7, 0, 0, 1>, hemisphere = 0 : i64, lane_dims = 1 : i64, machine_type = tensor<1x2x50xi32>, output = true, permutation = array<i64: 0, 1, 2>, slices = array<i64: 4, 5, 334, 7>, step = 1 : i64, user_type = i32}
    sched.issue [0, 0, 0] at 1 1 [256, 1, 0, 0] count 2 every 1 flow [-1, 64, 0, 2, -2, 0, 0, 1]
    sched.issue [0, 0, 1] at 0 1 [0, 0, 1, 1] count 1 every 1 flow [-1, 64, 0, 1, -1, 1, 0, 0]
    sched.issue [0, 0, 2] at 0 1 [0, 0, 2, 0] count 1 every 1 flow [-1, 64, 0, 1, -1, 2, 0, 0]
    sched.issue [1, 0, 4] at 57 3 [256, 1, 0, 1] count 2 every 1 flow [-1, 0, 0, 2, 9, 0, 0, 1]
    sched.issue [1, 0, 6] at 57 3 [256, 1, 2, 1] count 2 every 1 flow [-1, 0, 0, 2, 9, 2, 0, 2]
    sched.issue [7, 0, 0] at 13 16 [0, 0, 3] count 1 every 1 flow [0, 0, 0, 1, 0, 0, 0, 0, -1, 1, 0, 1, 2, 0, 0, 0, -1, 2, 0, 1, 3, 0, 0, 0]
    sched.issue [8, 0, 0] at 14 17 [0, 1, 0, 1, 32, 0, 0] count 2 every 1 flow [-1, 0, 0, 2, 1, 1, 0, 1, -1, 96, 0, 1, 8, 0, 0, 0]
  }
}


