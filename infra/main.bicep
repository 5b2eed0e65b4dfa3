// Entry for azd and for deployments to a subscription: makes the resource group and everything in it.
// To deploy into a resource group that exists already, use resources.bicep.
targetScope = 'subscription'

@description('Name of the environment, such as dev or prod. Every other name is derived from it.')
@minLength(1)
@maxLength(32)
param environmentName string

@description('Azure region for all resources. It must offer Flex Consumption with Python 3.13.')
@minLength(1)
param location string = deployment().location

@description('Name of the resource group to create.')
@minLength(1)
@maxLength(90)
param resourceGroupName string = 'rg-${environmentName}'

@description('Object id of a user, group or service principal that may upload files and read results. Empty: nobody but the app.')
param uploaderPrincipalId string = ''

@description('What the uploader is. azd sets it; in a pipeline it is a ServicePrincipal.')
@allowed([
  'User'
  'Group'
  'ServicePrincipal'
])
param uploaderPrincipalType string = 'User'

@description('Redundancy of the storage account. Everything can be rebuilt from the blobs, so this is how safe the data is.')
@allowed([
  'Standard_LRS'
  'Standard_ZRS'
  'Standard_GRS'
  'Standard_GZRS'
])
param storageSku string = 'Standard_LRS'

@description('Further origins of pages that may call the API and upload from a browser, such as https://data.example for a domain of your own. The app itself always may.')
param pageOrigins array = []

@description('Days for which deleted and overwritten blobs can be brought back.')
@minValue(1)
@maxValue(365)
param blobRetentionDays int = 7

@description('Days after which uploads and what was made of them move to the cold tier: a fifth of the price to keep, but reading them again costs. 0: never.')
@minValue(0)
@maxValue(3650)
param coldAfterDays int = 0

@description('Days for which logs and telemetry are kept. 30 days are included in the price of ingestion.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('GB of telemetry a day after which no more is taken until the next day, alerts included. -1: no limit.')
@minValue(-1)
@maxValue(1000)
param dailyCapGb int = 1

@description('Share of traces that are recorded, in percent. Metrics are complete in any case.')
@minValue(1)
@maxValue(100)
param traceSamplingPercent int = 100

@description('Log every single access to blobs, messages and documents: who, when, from where. docs/costs.md says what that costs.')
param auditLogs bool = false

@description('Address that alerts are sent to. Empty: they are seen in the portal only.')
param alertEmail string = ''

@description('Amount for a month, in the currency of the bill, from 80 percent of which the owners are written to. It stops nothing.')
@minValue(1)
@maxValue(1000000)
param monthlyBudget int = 50

@description('First day of the month in which the budget is made, such as 2026-12-01. Azure takes no earlier one, and no other one ever after: always give the same. Empty: no budget.')
@maxLength(10)
param budgetStart string = ''

@description('Memory of one instance in MB; cores grow with it: 512 is a quarter, 2048 one, 4096 two.')
@allowed([
  512
  2048
  4096
])
param instanceMemoryMB int = 2048

@description('Most instances the app may scale out to.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 100

@description('Instances kept warm for uploads, billed around the clock. 0 costs nothing; 1 spares uploads the cold start and lets Event Grid reach the app at once.')
@minValue(0)
@maxValue(20)
param alwaysReadyBlobInstances int = 0

@description('Instances kept warm for the HTTP API, billed around the clock.')
@minValue(0)
@maxValue(20)
param alwaysReadyHttpInstances int = 0

@description('When uploads that no event announced are looked for: six fields, seconds first, UTC. Each run reads the names of all uploads and all their records; docs/costs.md says what that costs.')
@minLength(11)
param reconcileSchedule string = '0 0 * * * *'

@description('HTTP requests that one instance answers at the same time.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int = 16

@description('Virtual network and private endpoints: storage and Cosmos DB have no public access, the app lets in Event Grid and allowedAddresses only. Publishing and uploading then work from inside the network or from those addresses.')
param privateNetworking bool = false

@description('Public IPv4 addresses and ranges (1.2.3.4 or 1.2.3.0/24, /30 at the smallest) that may upload, call the API and publish where networking is private.')
@maxLength(100)
param allowedAddresses array = []

@description('First three numbers of the addresses in the virtual network, a /24. Choose ones that no network has that it will be joined to.')
@minLength(5)
@maxLength(11)
param networkPrefix string = '10.60.0'

@description('App and database in several availability zones, where the region has them. Choose Standard_ZRS or Standard_GZRS for storageSku as well. Warm instances then come in twos at least, and the database costs a quarter more. The database takes it only when it is made.')
param zoneRedundant bool = false

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: resourceGroupName
  location: location
  tags: {
    'azd-env-name': environmentName
  }
}

module resources 'resources.bicep' = {
  name: 'resources'
  scope: group
  params: {
    environmentName: environmentName
    location: location
    uploaderPrincipalId: uploaderPrincipalId
    uploaderPrincipalType: uploaderPrincipalType
    storageSku: storageSku
    pageOrigins: pageOrigins
    blobRetentionDays: blobRetentionDays
    coldAfterDays: coldAfterDays
    logRetentionDays: logRetentionDays
    dailyCapGb: dailyCapGb
    traceSamplingPercent: traceSamplingPercent
    auditLogs: auditLogs
    alertEmail: alertEmail
    monthlyBudget: monthlyBudget
    budgetStart: budgetStart
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyBlobInstances: alwaysReadyBlobInstances
    alwaysReadyHttpInstances: alwaysReadyHttpInstances
    reconcileSchedule: reconcileSchedule
    httpConcurrency: httpConcurrency
    privateNetworking: privateNetworking
    allowedAddresses: allowedAddresses
    networkPrefix: networkPrefix
    zoneRedundant: zoneRedundant
  }
}

@description('Resource group that holds everything.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Name of the function app, for publishing.')
output AZURE_FUNCTION_APP string = resources.outputs.functionAppName

@description('Address of the function app.')
output AZURE_FUNCTION_APP_URL string = resources.outputs.functionAppUrl

@description('Storage account whose container uploads takes the files.')
output AZURE_STORAGE_ACCOUNT string = resources.outputs.storageAccountName
