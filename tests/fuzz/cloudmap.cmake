waypost_fuzz(aws_json_fuzz
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/aws_json_fuzz.cc
  CORPUS ${CMAKE_CURRENT_LIST_DIR}/corpus/aws_json
  SEES model telemetry view registry http cloudmap)
