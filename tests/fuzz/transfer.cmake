waypost_fuzz(tsig_fuzz SOURCES ${CMAKE_CURRENT_LIST_DIR}/tsig_fuzz.cc SEES dns model
             CORPUS ${CMAKE_CURRENT_LIST_DIR}/corpus/tsig)
