waypost_fuzz(doh_response_fuzz SOURCES ${CMAKE_CURRENT_LIST_DIR}/doh_response_fuzz.cc SEES model telemetry dns http doh
             CORPUS ${CMAKE_CURRENT_LIST_DIR}/corpus/doh_response)
